trigger BridgeCustomer on Bridge_Customer__c(
    before insert,
    before update,
    before delete,
    after insert,
    after update,
    after delete,
    after undelete
) {
    BridgeCustomerHandler.run(Trigger.operationType, Trigger.new, Trigger.oldMap);
}
