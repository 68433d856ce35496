Feature: A stranger whose name is that of an Account

  Scenario: An Account of the same name is suggested, not linked
    Given the Account "Rosemary Soaps"
    And the plan "Team" at 20 USD a month
    When "Rosemary Soaps" subscribes to 1 x "Team"
    Then the customer "Rosemary Soaps" shows:
      | Account           |                |
      | Suggested Account | Rosemary Soaps |
      | Suggestion Reason | …name…         |
