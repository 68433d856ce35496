Feature: The rep was faster

  Scenario: An Opportunity that was won by hand keeps its date, and gets its numbers
    Given the Account "Aspen Sleds"
    And the open Opportunity "Winter" worth 5,000 USD
    And the plan "Team" at 100 USD a month
    When the rep wins the Opportunity "Winter" by hand on 2026-09-30
    And "Aspen Sleds" subscribes to 1 x "Team" for the Opportunity "Winter"
    Then the Opportunity "Winter" is won
    And the Opportunity "Winter" shows:
      | Close Date  | 2026-09-30 |
      | Booked ACV  | 1,200.00   |
      | Current ARR | 1,200.00   |
    And the Contract is:
      | Account     | Plan Name |
      | Aspen Sleds | Team      |
