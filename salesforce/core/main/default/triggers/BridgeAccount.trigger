trigger BridgeAccount on Account(before delete, after delete, after undelete) {
    BridgeAccountHandler.run(Trigger.operationType, Trigger.new, Trigger.old);
}
