Feature: A discount that is given later

  Scenario: Annual recurring revenue is what is paid, not the list price
    Given the Account "Coho Vineyard"
    And the open Opportunity "Cellar"
    And the plan "Team" at 100 USD a month
    When "Coho Vineyard" subscribes to 10 x "Team" for the Opportunity "Cellar"
    And 10 days pass
    And "Team" of "Coho Vineyard" gets 20 % off forever
    Then the Opportunity "Cellar" shows:
      | Booked ACV  | 12,000.00 |
      | Current ARR | 9,600.00  |
    And the movements are:
      | Kind        | Date       | Amount   |
      | New         | 2026-10-01 | 1,000.00 |
      | Contraction | 2026-10-11 | -200.00  |
