trigger BridgeException on Bridge_Exception__c(before update, after update) {
    BridgeRunAgain.run(Trigger.operationType, Trigger.new);
}
