Feature: Somebody deletes the Opportunity

  Scenario: The ledger and the Account lose nothing
    Given the Account "Cypress Kites"
    And the open Opportunity "Sky"
    And the plan "Team" at 100 USD a month
    When "Cypress Kites" subscribes to 1 x "Team" for the Opportunity "Sky"
    And 10 days pass
    And somebody deletes the Opportunity "Sky"
    And 21 days pass
    Then the Account "Cypress Kites" shows:
      | Lifetime Value     | 200.00   |
      | Current ARR        | 1,200.00 |
      | Live Subscriptions | 1        |
    And the renewals are:
      | Status    | Amount Due |
      | Collected | 100.00     |
      | Collected | 100.00     |
      | Upcoming  | 100.00     |
