Feature: A customer grows

  Scenario: More seats raise what recurs, and not what was booked
    Given the Account "Alpine Ski House"
    And the open Opportunity "Lifts"
    And the plan "Team" at 40 USD a month
    When "Alpine Ski House" subscribes to 10 x "Team" for the Opportunity "Lifts"
    And 10 days pass
    And "Alpine Ski House" changes "Team" to 15 seats
    Then the Opportunity "Lifts" shows:
      | Booked ACV        | 4,800.00 |
      | Amount            | 4,800.00 |
      | Current ARR       | 7,200.00 |
      | ARR Since the Win | 2,400.00 |
    And the movements are:
      | Kind      | Date       | Amount | MRR After |
      | New       | 2026-10-01 | 400.00 | 400.00    |
      | Expansion | 2026-10-11 | 200.00 | 600.00    |
    And the customer "Alpine Ski House" shows:
      | Current MRR | 600.00   |
      | Current ARR | 7,200.00 |
    And there is no exception
