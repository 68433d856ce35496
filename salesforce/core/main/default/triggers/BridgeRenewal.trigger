trigger BridgeRenewal on Bridge_Renewal__c(before insert, before update, after update) {
    BridgeRenewalHandler.run(Trigger.operationType, Trigger.new, Trigger.oldMap);
}
