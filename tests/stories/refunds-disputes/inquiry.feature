Feature: The bank only asks

  Scenario: An inquiry takes no money
    Given the Account "Vigor Gear"
    And the open Opportunity "Kit"
    And the plan "Team" at 100 USD a month
    When "Vigor Gear" subscribes to 1 x "Team" for the Opportunity "Kit"
    And 10 days pass
    And the bank of "Vigor Gear" inquires about the last payment
    Then the revenue entry is:
      | Kind   | Amount |
      | Charge | 100.00 |
    And the Account "Vigor Gear" shows:
      | Open Disputes  | 0      |
      | Lifetime Value | 100.00 |
    When 5 days pass
    And the inquiry about "Vigor Gear" is closed
    Then the revenue entry is:
      | Kind   | Amount |
      | Charge | 100.00 |
