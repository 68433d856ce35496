Feature: A payment is given back in two parts

  Scenario: Each part counts once, and tax goes back with it to the cent
    Given the Account "Mosaic Tiles"
    And the open Opportunity "Floor"
    And the plan "Team" at 33.33 USD a month
    When "Mosaic Tiles" subscribes to 1 x "Team" for the Opportunity "Floor", with 7 % tax
    And a day passes
    And 10 USD of the last payment of "Mosaic Tiles" are refunded
    Then the revenue entries are:
      | Kind   | Gross in Own Currency | Tax in Own Currency | Amount |
      | Charge | 35.66                 | 2.33                | 33.33  |
      | Refund | -10.00                | -0.65               | -9.35  |
    When 9 days pass
    And the last payment of "Mosaic Tiles" is refunded
    Then the revenue entries are:
      | Kind   | Gross in Own Currency | Tax in Own Currency | Amount |
      | Charge | 35.66                 | 2.33                | 33.33  |
      | Refund | -10.00                | -0.65               | -9.35  |
      | Refund | -25.66                | -1.68               | -23.98 |
    And the Account "Mosaic Tiles" shows:
      | Lifetime Value | 0.00 |
