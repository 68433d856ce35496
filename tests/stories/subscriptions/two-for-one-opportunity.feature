Feature: Two subscriptions for one Opportunity

  Scenario: The Opportunity is the sum of both
    Given the Account "Wide World Importers"
    And the open Opportunity "Import"
    And the plan "Team" at 100 USD a month
    And the plan "Storage" at 300 USD a month
    When "Wide World Importers" subscribes to 2 x "Team" for the Opportunity "Import"
    And "Wide World Importers" subscribes to 1 x "Storage" for the Opportunity "Import"
    Then the Opportunity "Import" shows:
      | Booked ACV  | 6,000.00 |
      | Current ARR | 6,000.00 |
      | Collected   | 500.00   |
    And the Contracts are:
      | Plan Name |
      | Team      |
      | Storage   |
    And the movements are:
      | Kind | Date       | Amount |
      | New  | 2026-10-01 | 200.00 |
      | New  | 2026-10-01 | 300.00 |
    When 10 days pass
    And "Wide World Importers" cancels "Storage" at once
    Then the Opportunity "Import" shows:
      | Booked ACV    | 6,000.00 |
      | Current ARR   | 2,400.00 |
      | Stripe Status | active   |
    And the movements are:
      | Kind        | Date       | Amount  |
      | New         | 2026-10-01 | 200.00  |
      | New         | 2026-10-01 | 300.00  |
      | Contraction | 2026-10-11 | -300.00 |
    And the Account "Wide World Importers" shows:
      | Customer Health     | Healthy |
      | Live Subscriptions  | 1       |
      | Ended Subscriptions | 1       |
