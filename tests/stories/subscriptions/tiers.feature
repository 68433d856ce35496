Feature: The price of a seat depends on how many there are

  Scenario: Each seat counts at the price of its own tier
    Given the Account "Best For You Organics"
    And the open Opportunity "Harvest"
    And the plan "Team" at 20 USD a seat a month and 10 USD a seat beyond the first 10
    When "Best For You Organics" subscribes to 15 x "Team" for the Opportunity "Harvest"
    Then the Opportunity "Harvest" shows:
      | Current ARR | 3,000.00 |
      | Collected   | 250.00   |
