trigger BridgeMovement on Bridge_Movement__c(
    before insert,
    before update,
    after insert,
    after update,
    after delete,
    after undelete
) {
    BridgeMovementHandler.run(Trigger.operationType, Trigger.new, Trigger.oldMap);
}
