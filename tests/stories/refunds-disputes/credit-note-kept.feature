Feature: A credit note that is kept as credit

  Scenario: No cash moves until the credit is used
    Given the Account "Cedar Cabins"
    And the open Opportunity "Logs"
    And the plan "Team" at 200 USD a month
    When "Cedar Cabins" subscribes to 1 x "Team" for the Opportunity "Logs"
    And 10 days pass
    And a credit note takes 50 USD off the last invoice of "Cedar Cabins", kept as credit
    Then the revenue entry is:
      | Kind   | Amount |
      | Charge | 200.00 |
    When 21 days pass
    Then the revenue entries are:
      | Kind   | Date       | Amount |
      | Charge | 2026-10-01 | 200.00 |
      | Charge | 2026-11-01 | 150.00 |
    And the Account "Cedar Cabins" shows:
      | Lifetime Value | 350.00 |
      | Refunded       | 0.00   |
