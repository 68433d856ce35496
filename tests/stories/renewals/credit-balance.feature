Feature: A credit pays for a part

  Scenario: A customer's credit is no cash
    Given the Account "Parnell Aerospace"
    And the open Opportunity "Wings"
    And the plan "Team" at 100 USD a month
    And "Parnell Aerospace" has a credit of 130 USD
    When "Parnell Aerospace" subscribes to 1 x "Team" for the Opportunity "Wings"
    Then there is no revenue entry
    And the Opportunity "Wings" is won
    When 31 days pass
    Then the revenue entry is:
      | Kind   | Date       | Amount |
      | Charge | 2026-11-01 | 70.00  |
    And the Account "Parnell Aerospace" shows:
      | Lifetime Value | 70.00    |
      | Current ARR    | 1,200.00 |
