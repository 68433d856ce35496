Feature: A customer comes back

  Scenario: A new subscription after churn is a reactivation
    Given the Account "Nod Publishers"
    And the open Opportunity "Press"
    And the open Opportunity "Press again"
    And the plan "Team" at 60 USD a month
    When "Nod Publishers" subscribes to 5 x "Team" for the Opportunity "Press"
    And 10 days pass
    And "Nod Publishers" cancels "Team" at once
    And 20 days pass
    And "Nod Publishers" subscribes to 3 x "Team" for the Opportunity "Press again"
    Then the movements are:
      | Kind         | Date       | Amount  |
      | New          | 2026-10-01 | 300.00  |
      | Churn        | 2026-10-11 | -300.00 |
      | Reactivation | 2026-10-31 | 180.00  |
    And the Opportunity "Press again" is won
    And the Opportunity "Press" shows:
      | Current ARR | 0.00 |
    And the Account "Nod Publishers" shows:
      | Live Subscriptions  | 1        |
      | Ended Subscriptions | 1        |
      | Current ARR         | 2,160.00 |
      | Customer Health     | Healthy  |
      | Lifetime Value      | 480.00   |
    And the Contracts are:
      | Contract Start Date |
      | 2026-10-01          |
      | 2026-10-31          |
