Feature: An add-on is bought and dropped again

  Scenario: A second plan on the subscription counts while it is there
    Given the Account "City Power"
    And the open Opportunity "Grid"
    And the plan "Team" at 50 USD a month
    And the plan "Support" at 200 USD a month
    When "City Power" subscribes to 10 x "Team" for the Opportunity "Grid"
    And 10 days pass
    And "City Power" adds 1 x "Support" to "Team"
    Then the Opportunity "Grid" shows:
      | Current ARR | 8,400.00 |
    When 20 days pass
    And "City Power" drops "Support"
    Then the Opportunity "Grid" shows:
      | Current ARR | 6,000.00 |
      | Booked ACV  | 6,000.00 |
    And the movements are:
      | Kind        | Date       | Amount  |
      | New         | 2026-10-01 | 500.00  |
      | Expansion   | 2026-10-11 | 200.00  |
      | Contraction | 2026-10-31 | -200.00 |
