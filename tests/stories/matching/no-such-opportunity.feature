Feature: The Opportunity does not exist

  Scenario: It is an exception in plain sight, until the id is right
    Given the Account "Thyme Clocks"
    And the open Opportunity "Watches"
    And the plan "Team" at 100 USD a month
    When "Thyme Clocks" subscribes to 1 x "Team" for an Opportunity that does not exist
    Then the exception is:
      | Code                  | Status | Reason                     |
      | OPPORTUNITY_NOT_FOUND | Open   | …is not the id of an Opp… |
    And the customer "Thyme Clocks" shows:
      | Lifetime Value | 100.00 |
    When a day passes
    And "Team" of "Thyme Clocks" is given the Opportunity "Watches"
    Then there is no exception
    And the Opportunity "Watches" is won
    And the Account "Thyme Clocks" shows:
      | Lifetime Value | 100.00 |
