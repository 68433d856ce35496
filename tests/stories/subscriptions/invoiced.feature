Feature: The customer is invoiced and pays later

  Scenario: The deal is won before the money is there, and the renewal says so
    Given the Account "Boulder Innovations"
    And the open Opportunity "Rocks"
    And the plan "Team" at 300 USD a month
    When "Boulder Innovations" subscribes to 1 x "Team" for the Opportunity "Rocks", invoiced with 30 days to pay
    And a day passes
    Then the Opportunity "Rocks" is won
    And the Opportunity "Rocks" shows:
      | Collected  | 0.00     |
      | Booked ACV | 3,600.00 |
    And the renewals are:
      | Status   | Amount Due | Due Date   |
      | Open     | 300.00     | 2026-10-31 |
      | Upcoming | 300.00     | 2026-12-01 |
    And there is no revenue entry
    And there is no Task
    When 9 days pass
    And "Boulder Innovations" pays the open invoice
    Then the renewals are:
      | Status    | Amount Due | Amount Paid | Paid Date  |
      | Collected | 300.00     | 300.00      | 2026-10-11 |
      | Upcoming  | 300.00     |             |            |
    And the revenue entry is:
      | Kind   | Date       | Amount |
      | Charge | 2026-10-11 | 300.00 |
