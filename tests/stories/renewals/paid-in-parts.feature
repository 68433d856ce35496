Feature: An invoice is paid in parts

  Scenario: Each payment is cash once, and the invoice knows what is left
    Given the Account "First Up Consultants"
    And the open Opportunity "Advice"
    And the plan "Team" at 900 USD a month
    When "First Up Consultants" subscribes to 1 x "Team" for the Opportunity "Advice", invoiced with 30 days to pay
    And a day passes
    And "First Up Consultants" pays 400 USD towards the open invoice
    Then the renewals are:
      | Status           | Amount Due | Amount Paid | Amount Remaining |
      | Partly Collected | 900.00     | 400.00      | 500.00           |
      | Upcoming         | 900.00     | 0.00        | 900.00           |
    And the Account "First Up Consultants" shows:
      | Lifetime Value | 400.00 |
    When 9 days pass
    And "First Up Consultants" pays 500 USD towards the open invoice
    Then the renewals are:
      | Status    | Amount Due | Amount Paid | Amount Remaining |
      | Collected | 900.00     | 900.00      | 0.00             |
      | Upcoming  | 900.00     | 0.00        | 900.00           |
    And the revenue entries are:
      | Kind   | Date       | Amount |
      | Charge | 2026-10-02 | 400.00 |
      | Charge | 2026-10-11 | 500.00 |
    And the Account "First Up Consultants" shows:
      | Lifetime Value | 900.00 |
