Feature: A CSM knows better

  Scenario: An override holds against what the numbers say until its date
    Given the Account "Fern Gardens"
    And the open Opportunity "Moss"
    And the plan "Team" at 100 USD a month
    When "Fern Gardens" subscribes to 1 x "Team" for the Opportunity "Moss"
    And 5 days pass
    And a CSM sets the health of the Account "Fern Gardens" to Healthy until 2026-11-15
    And 10 days pass
    And the card of "Fern Gardens" is declined from now on: insufficient funds
    And 16 days pass
    Then the Account "Fern Gardens" shows:
      | Failed Payments | 1       |
      | Customer Health | Healthy |
    When 15 days pass
    Then the Account "Fern Gardens" shows:
      | Customer Health | Churned |
