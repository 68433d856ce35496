trigger OpportunityHappenings on Opportunity(after update) {
    List<Happening__c> happenings = new List<Happening__c>();
    for (Opportunity deal : Trigger.new) {
        if (deal.StageName != Trigger.oldMap.get(deal.Id).StageName) {
            happenings.add(new Happening__c(What__c = 'Stage: ' + deal.StageName, Record_Id__c = deal.Id));
        }
    }
    insert happenings;
}
