trigger BridgeRenewal on Bridge_Renewal__c(
    before insert,
    before update,
    after insert,
    after update,
    after delete,
    after undelete
) {
    BridgeRenewalHandler.run(Trigger.operationType, Trigger.new, Trigger.oldMap);
}
