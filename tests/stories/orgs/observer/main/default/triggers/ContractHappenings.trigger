trigger ContractHappenings on Contract(after insert) {
    List<Happening__c> happenings = new List<Happening__c>();
    for (Contract agreement : Trigger.new) {
        happenings.add(new Happening__c(What__c = 'Contract', Record_Id__c = agreement.AccountId));
    }
    insert happenings;
}
