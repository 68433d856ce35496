Feature: The customer names the Opportunity

  Scenario: Its first subscription takes it, the second does not
    Given the Account "Saffron Spices"
    And the open Opportunity "Market"
    And the plan "Team" at 100 USD a month
    And the plan "Extra" at 10 USD a month
    And the customer "Saffron Spices" who names the Opportunity "Market"
    When "Saffron Spices" subscribes to 1 x "Team"
    Then the Opportunity "Market" is won
    When a day passes
    And "Saffron Spices" subscribes to 1 x "Extra"
    Then the subscription to "Extra" of "Saffron Spices" shows:
      | Opportunity |                |
      | Account     | Saffron Spices |
    And the Opportunity "Market" shows:
      | Booked ACV  | 1,200.00 |
      | Current ARR | 1,200.00 |
    And the Account "Saffron Spices" shows:
      | Current ARR | 1,320.00 |
