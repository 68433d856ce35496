Feature: A customer shrinks

  Scenario: Fewer seats are a contraction
    Given the Account "Bellows College"
    And the open Opportunity "Campus"
    And the plan "Team" at 40 USD a month
    When "Bellows College" subscribes to 10 x "Team" for the Opportunity "Campus"
    And 10 days pass
    And "Bellows College" changes "Team" to 4 seats
    Then the Opportunity "Campus" shows:
      | Booked ACV        | 4,800.00  |
      | Current ARR       | 1,920.00  |
      | ARR Since the Win | -2,880.00 |
    And the movements are:
      | Kind        | Date       | Amount  | MRR After |
      | New         | 2026-10-01 | 400.00  | 400.00    |
      | Contraction | 2026-10-11 | -240.00 | 160.00    |
