trigger GreedyAccount on Account(after update) {
    for (Integer i = 0; i < 4; i++) {
        List<User> everybody = [SELECT Id FROM User LIMIT 10];
    }
}
