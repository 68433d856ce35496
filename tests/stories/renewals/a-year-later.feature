Feature: The year is over

  Scenario: A yearly renewal is collected, and is no new business
    Given the Account "Fabrikam Residences"
    And the open Opportunity "Homes"
    And the plan "Yearly" at 2,400 USD a year
    When "Fabrikam Residences" subscribes to 1 x "Yearly" for the Opportunity "Homes"
    And 365 days pass
    Then the renewals are:
      | Billing Reason      | Status    | Amount Due | Paid Date  |
      | subscription_create | Collected | 2,400.00   | 2026-10-01 |
      | subscription_cycle  | Collected | 2,400.00   | 2027-10-01 |
      |                     | Upcoming  | 2,400.00   |            |
    And the movement is:
      | Kind | Date       | Amount |
      | New  | 2026-10-01 | 200.00 |
    And the Opportunity "Homes" shows:
      | Close Date | 2026-10-01 |
      | Booked ACV | 2,400.00   |
      | Collected  | 4,800.00   |
    And the Account "Fabrikam Residences" shows:
      | Lifetime Value | 4,800.00 |
    And the Contract is:
      | Contract Start Date |
      | 2026-10-01          |
