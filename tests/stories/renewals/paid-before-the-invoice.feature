Feature: The money comes before the invoice

  Scenario: A payment that stood alone becomes an invoice's payment, and is still one payment
    Given the Account "School of Fine Art"
    And the open Opportunity "Brush"
    And the plan "Team" at 200 USD a month
    When "School of Fine Art" pays 200 USD once
    Then the revenue entry is:
      | Kind   | Amount |
      | Charge | 200.00 |
    When "School of Fine Art" subscribes to 1 x "Team" for the Opportunity "Brush", invoiced with 30 days to pay
    And a day passes
    And the last payment of "School of Fine Art" is used for the open invoice
    Then the revenue entry is:
      | Kind   | Date       | Amount | Opportunity |
      | Charge | 2026-10-01 | 200.00 | Brush       |
    And the renewals are:
      | Status    | Amount Paid |
      | Collected | 200.00      |
      | Upcoming  | 0.00        |
    And the Account "School of Fine Art" shows:
      | Lifetime Value | 200.00 |
