Feature: A credit note that is paid back outside Stripe

  Scenario: The note itself is the cash that went back
    Given the Account "Birch Boats"
    And the open Opportunity "Canoes"
    And the plan "Team" at 200 USD a month
    When "Birch Boats" subscribes to 1 x "Team" for the Opportunity "Canoes"
    And 10 days pass
    And a credit note takes 50 USD off the last invoice of "Birch Boats", paid back outside Stripe
    Then the revenue entries are:
      | Kind        | Date       | Amount |
      | Charge      | 2026-10-01 | 200.00 |
      | Credit Note | 2026-10-11 | -50.00 |
    And the Account "Birch Boats" shows:
      | Lifetime Value | 150.00 |
      | Refunded       | -50.00 |
