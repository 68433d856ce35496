Feature: A credit note after payment, refunded

  Scenario: The refund is cash, the note is not cash again
    Given the Account "Acorn Nurseries"
    And the open Opportunity "Oaks"
    And the plan "Team" at 200 USD a month
    When "Acorn Nurseries" subscribes to 1 x "Team" for the Opportunity "Oaks"
    And 10 days pass
    And a credit note takes 50 USD off the last invoice of "Acorn Nurseries", refunded
    Then the revenue entries are:
      | Kind   | Date       | Amount |
      | Charge | 2026-10-01 | 200.00 |
      | Refund | 2026-10-11 | -50.00 |
    And the renewals are:
      | Status    | Credited in Own Currency |
      | Collected | 50.00                    |
      | Upcoming  | 0.00                     |
    And the Account "Acorn Nurseries" shows:
      | Lifetime Value  | 150.00 |
      | Customer Health | Watch  |
