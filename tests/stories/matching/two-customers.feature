Feature: Two Stripe customers of one Account

  Scenario: The Account is the sum of both
    Given the Account "Willow Baskets"
    And the open Opportunity "North"
    And the open Opportunity "South"
    And the plan "Team" at 100 USD a month
    When "Willow North" subscribes to 1 x "Team" for the Opportunity "North"
    And "Willow South" subscribes to 3 x "Team" for the Opportunity "South"
    And 10 days pass
    And "Willow South" cancels "Team" at once
    Then the Account "Willow Baskets" shows:
      | Lifetime Value      | 400.00   |
      | Current ARR         | 1,200.00 |
      | Live Subscriptions  | 1        |
      | Ended Subscriptions | 1        |
      | Customer Health     | Healthy  |
    And the movements are:
      | Kind  | Date       | Amount  |
      | New   | 2026-10-01 | 100.00  |
      | New   | 2026-10-01 | 300.00  |
      | Churn | 2026-10-11 | -300.00 |
