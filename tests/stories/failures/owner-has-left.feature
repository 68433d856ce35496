Feature: The owner of the Account has left

  Scenario: The Task goes to the fallback owner
    Given the Account "Hanson Brothers" of rep "Ines"
    And the open Opportunity "Ice"
    And the plan "Team" at 70 USD a month
    And the rep "Ines" has left the company
    When "Hanson Brothers" subscribes to 1 x "Team" for the Opportunity "Ice"
    And 15 days pass
    And the card of "Hanson Brothers" is declined from now on: insufficient funds
    And 16 days pass
    Then the Task is:
      | Owner | Closed | Related To |
      | Frida | no     | Ice        |
    And the Opportunity "Ice" is won
