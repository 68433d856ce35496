Feature: The customer buys in Checkout

  Scenario: The link to the deal is the reference that Checkout was opened with
    Given the Account "A Bike Store"
    And the open Opportunity "Bikes"
    And the plan "Team" at 25 USD a month
    When "A Bike Store" buys 4 x "Team" in Checkout for the Opportunity "Bikes"
    Then the Opportunity "Bikes" is won
    And the customer "A Bike Store" shows:
      | Account        | A Bike Store |
      | Lifetime Value | 100.00       |
    And the Opportunity "Bikes" shows:
      | Booked ACV | 1,200.00 |
