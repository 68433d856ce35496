Feature: Two Accounts were one company

  Scenario: After a merge the Account that stays has all of the money
    Given the Account "Ebony Pianos"
    And the open Opportunity "Grand"
    And the Account "Ebony Piano Hall"
    And the open Opportunity "Upright"
    And the plan "Team" at 100 USD a month
    When "Ebony Pianos" subscribes to 1 x "Team" for the Opportunity "Grand"
    And "Ebony Piano Hall" subscribes to 2 x "Team" for the Opportunity "Upright"
    And 10 days pass
    And somebody merges the Account "Ebony Piano Hall" into "Ebony Pianos"
    And 21 days pass
    Then the Account "Ebony Pianos" shows:
      | Lifetime Value     | 600.00   |
      | Current ARR        | 3,600.00 |
      | Live Subscriptions | 2        |
