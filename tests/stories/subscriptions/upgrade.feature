Feature: An upgrade in the middle of the month

  Scenario: The difference is paid at once, and is a renewal of its own
    Given the Account "Adatum"
    And the open Opportunity "Suite"
    And the plan "Team" at 30 USD a month
    And the plan "Business" at 90 USD a month
    When "Adatum" subscribes to 10 x "Team" for the Opportunity "Suite"
    And 30 days pass
    And "Adatum" moves from "Team" to "Business", paying the difference at once
    Then the subscription to "Business" of "Adatum" shows:
      | Plan Name | Business  |
      | MRR       | 900.00    |
      | ARR       | 10,800.00 |
      | Status    | active    |
    And the revenue entries are:
      | Kind   | Date       | Amount |
      | Charge | 2026-10-01 | 300.00 |
      | Charge | 2026-10-31 | 300.00 |
    And the renewals are:
      | Billing Reason      | Status    | Amount Due | Paid Date  |
      | subscription_create | Collected | 300.00     | 2026-10-01 |
      | subscription_update | Collected | 300.00     | 2026-10-31 |
      |                     | Upcoming  | 900.00     |            |
    And the movements are:
      | Kind      | Date       | Amount |
      | New       | 2026-10-01 | 300.00 |
      | Expansion | 2026-10-31 | 600.00 |
