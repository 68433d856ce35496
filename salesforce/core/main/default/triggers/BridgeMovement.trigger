trigger BridgeMovement on Bridge_Movement__c(before insert, before update, after update) {
    BridgeMovementHandler.run(Trigger.operationType, Trigger.new, Trigger.oldMap);
}
