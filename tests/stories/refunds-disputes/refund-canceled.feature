Feature: A refund is taken back

  Scenario: A refund on its way counts until it is canceled
    Given the Account "Olympic Pools"
    And the open Opportunity "Lanes"
    And the plan "Team" at 100 USD a month
    When "Olympic Pools" subscribes to 1 x "Team" for the Opportunity "Lanes"
    And a day passes
    And a refund of 20 USD of the last payment of "Olympic Pools" is on its way
    Then the revenue entries are:
      | Kind   | Status    | Amount |
      | Charge | succeeded | 100.00 |
      | Refund | pending   | -20.00 |
    When the refund to "Olympic Pools" is canceled
    Then the revenue entries are:
      | Kind   | Status    | Amount |
      | Charge | succeeded | 100.00 |
      | Refund | canceled  | 0.00   |
    And the Account "Olympic Pools" shows:
      | Lifetime Value | 100.00 |
