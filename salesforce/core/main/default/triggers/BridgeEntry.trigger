trigger BridgeEntry on Bridge_Entry__c(
    before insert,
    before update,
    after insert,
    after update,
    after delete,
    after undelete
) {
    BridgeEntryHandler.run(Trigger.operationType, Trigger.new, Trigger.oldMap);
}
