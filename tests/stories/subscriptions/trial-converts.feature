Feature: A trial becomes a customer

  Scenario: The deal is won when the trial ends and is paid, not before
    Given the Account "Fourth Coffee"
    And the open Opportunity "Beans"
    And the plan "Team" at 80 USD a month
    When "Fourth Coffee" subscribes to 5 x "Team" for the Opportunity "Beans", on trial for 14 days
    Then the Opportunity "Beans" is still open
    And the Account "Fourth Coffee" shows:
      | Trialing Subscriptions | 1    |
      | Current ARR            | 0.00 |
    And there is no movement
    When 14 days pass
    Then the Opportunity "Beans" is won
    And the Opportunity "Beans" shows:
      | Close Date  | 2026-10-15 |
      | Booked ACV  | 4,800.00   |
      | Current ARR | 4,800.00   |
    And the movement is:
      | Kind | Date       | Amount |
      | New  | 2026-10-15 | 400.00 |
    And the Account "Fourth Coffee" shows:
      | Trialing Subscriptions | 0      |
      | Live Subscriptions     | 1      |
      | Lifetime Value         | 400.00 |
