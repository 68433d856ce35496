Feature: A dispute is won

  Scenario: The money comes back, and so does the health
    Given the Account "Uplift Gyms"
    And the open Opportunity "Weights"
    And the plan "Team" at 100 USD a month
    When "Uplift Gyms" subscribes to 1 x "Team" for the Opportunity "Weights"
    And 10 days pass
    And the bank disputes the last payment of "Uplift Gyms"
    Then the Account "Uplift Gyms" shows:
      | Lifetime Value  | 0.00    |
      | Open Disputes   | 1       |
      | Customer Health | At Risk |
    When 5 days pass
    And the dispute of "Uplift Gyms" is won
    Then the revenue entries are:
      | Kind    | Date       | Amount  | Status    |
      | Charge  | 2026-10-01 | 100.00  | succeeded |
      | Dispute | 2026-10-11 | -100.00 | won       |
      | Dispute | 2026-10-16 | 100.00  | won       |
    And the Account "Uplift Gyms" shows:
      | Lifetime Value  | 100.00  |
      | Disputed        | 0.00    |
      | Open Disputes   | 0       |
      | Customer Health | Healthy |
