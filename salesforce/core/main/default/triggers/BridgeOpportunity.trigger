trigger BridgeOpportunity on Opportunity(after undelete) {
    BridgeOpportunityHandler.run(Trigger.new);
}
