Feature: A lost deal pays after all

  Scenario: The payment wins it
    Given the Account "Baobab Crafts"
    And the open Opportunity "Masks"
    And the plan "Team" at 100 USD a month
    When the rep loses the Opportunity "Masks" on 2026-09-15
    And "Baobab Crafts" subscribes to 1 x "Team" for the Opportunity "Masks"
    Then the Opportunity "Masks" is won
    And the Opportunity "Masks" shows:
      | Close Date | 2026-10-01 |
      | Booked ACV | 1,200.00   |
