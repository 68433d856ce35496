Feature: A refund does not arrive

  Scenario: A refund that fails days later is undone
    Given the Account "Northwind Electric"
    And the open Opportunity "Wire"
    And the plan "Team" at 100 USD a month
    When "Northwind Electric" subscribes to 1 x "Team" for the Opportunity "Wire"
    And a day passes
    And 40 USD of the last payment of "Northwind Electric" are refunded
    Then the Account "Northwind Electric" shows:
      | Lifetime Value | 60.00  |
      | Refunded       | -40.00 |
    When 9 days pass
    And the refund to "Northwind Electric" fails
    Then the revenue entries are:
      | Kind   | Status    | Amount |
      | Charge | succeeded | 100.00 |
      | Refund | failed    | 0.00   |
    And the Account "Northwind Electric" shows:
      | Lifetime Value  | 100.00  |
      | Refunded        | 0.00    |
      | Customer Health | Healthy |
