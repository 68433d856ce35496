Feature: The customer names a deal that was lost

  Scenario: A customer's own id does not revive a lost deal
    Given the Account "Tamarind Sauces"
    And the open Opportunity "Bottles"
    And the plan "Team" at 100 USD a month
    And the customer "Tamarind Sauces" who names the Opportunity "Bottles"
    When the rep loses the Opportunity "Bottles" on 2026-09-15
    And "Tamarind Sauces" subscribes to 1 x "Team"
    Then the Opportunity "Bottles" is still lost
    And the Account "Tamarind Sauces" shows:
      | Lifetime Value | 100.00   |
      | Current ARR    | 1,200.00 |
    And there is no Contract
