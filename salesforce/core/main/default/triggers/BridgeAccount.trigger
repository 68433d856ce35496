trigger BridgeAccount on Account(after delete, after undelete) {
    BridgeAccountHandler.run(Trigger.operationType, Trigger.new, Trigger.old);
}
