Feature: Somebody pays without being a customer

  Scenario: A guest's payment is nobody's, and stops nobody
    Given the Account "Yarrow Wool"
    And the open Opportunity "Yarn"
    And the plan "Team" at 30 USD a month
    When somebody without a customer pays 55 USD once
    And "Yarrow Wool" subscribes to 1 x "Team" for the Opportunity "Yarn"
    Then the revenue entry is:
      | Kind   | Amount |
      | Charge | 30.00  |
    And the Account "Yarrow Wool" shows:
      | Lifetime Value | 30.00 |
