Feature: Back and forth in one day

  Scenario: A day has one movement, by its end
    Given the Account "Proseware"
    And the open Opportunity "Quill"
    And the plan "Team" at 10 USD a month
    When "Proseware" subscribes to 10 x "Team" for the Opportunity "Quill"
    And 10 days pass
    And "Proseware" changes "Team" to 50 seats
    And "Proseware" changes "Team" to 5 seats
    And "Proseware" changes "Team" to 12 seats
    Then the movements are:
      | Kind      | Date       | Amount | MRR After |
      | New       | 2026-10-01 | 100.00 | 100.00    |
      | Expansion | 2026-10-11 | 20.00  | 120.00    |
