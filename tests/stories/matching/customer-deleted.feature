Feature: A customer is deleted in Stripe

  Scenario: Its subscriptions end, and its ledger stays
    Given the Account "Zinnia Cards"
    And the open Opportunity "Paper"
    And the plan "Team" at 40 USD a month
    When "Zinnia Cards" subscribes to 1 x "Team" for the Opportunity "Paper"
    And 10 days pass
    And the customer "Zinnia Cards" is deleted in Stripe
    Then the customer "Zinnia Cards" shows:
      | Deleted in Stripe | yes   |
      | Lifetime Value    | 40.00 |
      | Current ARR       | 0.00  |
    And the Account "Zinnia Cards" shows:
      | Customer Health | Churned |
      | Lifetime Value  | 40.00   |
