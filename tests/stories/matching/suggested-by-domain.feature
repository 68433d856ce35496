Feature: A stranger whose e-mail address says who he is

  Scenario: An Account with the same domain is suggested, not linked
    Given the Account "Quince Jams" with the website "quince-jams.example"
    And the plan "Team" at 20 USD a month
    And the customer "Accounts payable QJ" with the e-mail address "ap@quince-jams.example"
    When "Accounts payable QJ" subscribes to 1 x "Team"
    Then the customer "Accounts payable QJ" shows:
      | Account           |             |
      | Suggested Account | Quince Jams |
      | Suggestion Reason | …domain…    |
