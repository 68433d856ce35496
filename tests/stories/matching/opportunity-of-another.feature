Feature: The Opportunity is of another Account

  Scenario: Money is not booked on somebody else's deal
    Given the Account "Umber Paints"
    And the open Opportunity "Walls"
    And the Account "Violet Paints"
    And the open Opportunity "Doors"
    And the plan "Team" at 100 USD a month
    When "Umber Paints" subscribes to 1 x "Team" for the Opportunity "Walls"
    And a day passes
    And "Umber Paints" subscribes to 2 x "Team" for the Opportunity "Doors"
    Then the exception is:
      | Code                      | Status |
      | OPPORTUNITY_OTHER_ACCOUNT | Open   |
    And the Opportunity "Doors" is still open
    And the Account "Umber Paints" shows:
      | Lifetime Value | 300.00 |
    And the Account "Violet Paints" shows:
      | Lifetime Value | 0.00 |
