trigger TaskHappenings on Task(after insert, after update) {
    List<Happening__c> happenings = new List<Happening__c>();
    for (Task job : Trigger.new) {
        Boolean isNew = Trigger.isInsert;
        if (isNew) {
            happenings.add(new Happening__c(What__c = 'Task', Record_Id__c = job.WhatId));
        }
        if (job.IsClosed && (isNew || !Trigger.oldMap.get(job.Id).IsClosed)) {
            happenings.add(new Happening__c(What__c = 'Task closed', Record_Id__c = job.WhatId));
        }
    }
    insert happenings;
}
