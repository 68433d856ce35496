Feature: An invoice is paid by bank transfer

  Scenario: The money counts though Stripe never touched it
    Given the Account "Fourth Sector"
    And the open Opportunity "Charity"
    And the plan "Team" at 250 USD a month
    When "Fourth Sector" subscribes to 1 x "Team" for the Opportunity "Charity", invoiced with 30 days to pay
    And 10 days pass
    And "Fourth Sector" pays the open invoice outside Stripe
    Then the revenue entry is:
      | Kind    | Date       | Amount |
      | Payment | 2026-10-11 | 250.00 |
    And the renewals are:
      | Status    | Amount Due | Paid Date  |
      | Collected | 250.00     | 2026-10-11 |
      | Upcoming  | 250.00     |            |
    And the Account "Fourth Sector" shows:
      | Lifetime Value    | 250.00     |
      | Last Payment Date | 2026-10-11 |
