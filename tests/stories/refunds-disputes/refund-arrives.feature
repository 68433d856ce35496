Feature: A refund takes a while

  Scenario: A pending refund that arrives counts once
    Given the Account "Pine Valley Golf"
    And the open Opportunity "Greens"
    And the plan "Team" at 100 USD a month
    When "Pine Valley Golf" subscribes to 1 x "Team" for the Opportunity "Greens"
    And a day passes
    And a refund of 5 USD of the last payment of "Pine Valley Golf" is on its way
    And 9 days pass
    And the refund to "Pine Valley Golf" arrives
    Then the revenue entries are:
      | Kind   | Status    | Date       | Amount |
      | Charge | succeeded | 2026-10-01 | 100.00 |
      | Refund | succeeded | 2026-10-02 | -5.00  |
    And the Account "Pine Valley Golf" shows:
      | Lifetime Value  | 95.00   |
      | Customer Health | Healthy |
