trigger BridgeSubscription on Bridge_Subscription__c(
    before insert,
    before update,
    after insert,
    after update,
    after delete,
    after undelete
) {
    BridgeSubscriptionHandler.run(Trigger.operationType, Trigger.new, Trigger.oldMap);
}
